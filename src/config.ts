import { z } from 'zod'
import { Visibility } from './model/app.ts'

/** The server's configuration. Each option says its unit, its default and why; `distd config` prints the values. */
export const Config = z.strictObject({
  /** Folder of all state. */
  data: z.string().min(1).default('./data'),
  /** Host and port; loopback by default, so that nothing is exposed by accident. */
  listen: z
    .string()
    .regex(/^(?:\[[0-9a-fA-F:.]+\]|[^\s:[\]]*):\d{1,5}$/, 'must be host:port')
    .refine((text) => Number(text.slice(text.lastIndexOf(':') + 1)) <= 65_535, 'must have a port of at most 65535')
    .default('127.0.0.1:8080'),
  /** The URL that people and CI use. When set, only its host is answered; when unset, URLs follow the request. */
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  /** Cookieless origin for bytes, optional. */
  downloadUrl: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  /** Addresses of proxies whose X-Forwarded-* headers are believed; none by default. */
  trustedProxies: z.array(z.string().min(1)).default([]),
  defaultVisibility: Visibility.default('private'),
  /** One-time secret for the first admin; at least 32 characters, because a short one can be guessed. */
  setupToken: z.string().min(32, 'must have at least 32 characters').optional(),
  insecureHttp: z.boolean().default(false),
  /** Bytes of one artifact, at most. 16 GiB: above the largest installers seen. */
  maxArtifactBytes: z
    .int()
    .positive()
    .default(16 * 1024 ** 3),
  /** Bytes of all unfinished uploads together; beyond it uploads are refused with 507. */
  maxStagingBytes: z
    .int()
    .positive()
    .default(256 * 1024 ** 3),
  /** Bytes that stay free on the disk for the database and the audit log. */
  reserveBytes: z
    .int()
    .min(0)
    .default(64 * 1024 ** 2),
  /** Uploads that one token may have open. */
  maxOpenUploads: z.int().positive().default(1000),
  /** Days after which an unfinished upload goes. A draft stays until there is a collector. */
  draftDays: z.int().positive().default(14),
  /** Seconds that a stopping server waits for requests under way. */
  drainSeconds: z.int().min(0).max(600).default(30),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
})
export type Config = z.infer<typeof Config>
