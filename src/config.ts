import { z } from 'zod'
import { Visibility } from './model/app.ts'
import { parseIpNetwork } from './model/ip-network.ts'

const Bytes = z.int('must be a number of bytes')
/** What paths are put behind: canonical, without a slash at the end. */
const Url = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).transform((text, context) => {
  const { href, username, password } = new URL(text)
  if (username !== '' || password !== '' || /[?#]/.test(href))
    context.addIssue('must have no user name, query or fragment')
  return href.replace(/\/+$/, '')
})
const MORE_THAN_NONE = 'must be more than 0'

/** The server's configuration. Each option says its unit, its default and why; `distd config` prints the values. */
export const Config = z.strictObject({
  /** Folder of all state. */
  data: z.string('must be text').min(1, 'must name a folder').default('./data'),
  /** Host and port; loopback by default, so that nothing is exposed by accident. */
  listen: z
    .string('must be host:port')
    .regex(/^(?:\[[0-9a-fA-F:.]+\]|[^\s:[\]]*):\d{1,5}$/, 'must be host:port')
    .refine((text) => Number(text.slice(text.lastIndexOf(':') + 1)) <= 65_535, 'must have a port of at most 65535')
    .default('127.0.0.1:8080'),
  /** The URL that people and CI use. When set, only its host is answered; when unset, URLs follow the request. */
  publicUrl: Url.optional(),
  /** Another origin for bytes, for one without the cookies of the first: URLs of files name it, and it answers only them. */
  downloadUrl: Url.optional(),
  /** Addresses and networks of proxies whose X-Forwarded-* headers are believed; none by default. */
  trustedProxies: z
    .array(
      z
        .string('must be an address')
        .refine(
          (text) => parseIpNetwork(text) !== undefined,
          'must be addresses, or networks like 10.0.0.0/8 and fd00::/8',
        ),
      'must be a list of addresses',
    )
    .default([]),
  /** Makes the first admin, once, at `/setup`; for installations that nobody watches. A secret: never told. */
  setupToken: z
    .string('must be text')
    .regex(/^[!-~]{32,512}$/, 'must have at least 32 characters, at most 512, and no spaces')
    .optional(),
  /** Lets people sign in over plain http outside of this machine, with a cookie that everybody on the way can read. */
  insecureHttp: z.boolean('must be true or false').default(false),
  defaultVisibility: z.enum(Visibility.options, 'must be private, unlisted or public').default('private'),
  /** Bytes of one artifact, at most. 16 GiB: above the largest installers seen. */
  maxArtifactBytes: Bytes.positive(MORE_THAN_NONE).default(16 * 1024 ** 3),
  /** Bytes of all unfinished uploads together; beyond it uploads are refused with 507. */
  maxStagingBytes: Bytes.positive(MORE_THAN_NONE).default(256 * 1024 ** 3),
  /** Bytes that stay free on the disk for the database and the audit log. */
  reserveBytes: Bytes.min(0, 'must be 0 or more').default(64 * 1024 ** 2),
  /** Uploads that one token may have open. */
  maxOpenUploads: z.int('must be a number of uploads').positive(MORE_THAN_NONE).default(1000),
  /** Days after which an unfinished upload goes, and a draft that nobody touched where its app says nothing else. */
  draftDays: z.int('must be a whole number of days').positive(MORE_THAN_NONE).default(14),
  /** Seconds that a stopping server waits for requests under way. */
  drainSeconds: z
    .int('must be a number of seconds')
    .min(0, 'must be from 0 to 600')
    .max(600, 'must be from 0 to 600')
    .default(30),
  logLevel: z.enum(['debug', 'info', 'warn', 'error'], 'must be debug, info, warn or error').default('info'),
})
export type Config = z.infer<typeof Config>
