/**
 * Who may import whom. A file belongs to the row with the longest matching `path` (a folder or one file). Files of one
 * row import each other freely; everything else must be listed. Tests, `test`, `scripts` and `bench` may import
 * everything and are imported by nobody.
 */
export interface Layer {
  readonly path: string
  /** Rows whose files this one may import. */
  readonly may: readonly string[]
  /** Rows of which only types may be imported. */
  readonly mayTypes?: readonly string[]
  readonly because: string
}

const FLOOR = ['src/bytes', 'src/model', 'src/errors.ts', 'src/version.ts']
const FACTS = [...FLOOR, 'src/deps.ts', 'src/store', 'src/audit', 'src/audit/chain.ts']
const DOMAIN = [...FACTS, 'src/config.ts', 'src/blob', 'src/formats', 'src/inspect', 'src/signing', 'src/access']
const VERBS = [
  'src/people',
  'src/shares',
  'src/apps',
  'src/channels',
  'src/releases',
  'src/artifacts',
  'src/branches',
  'src/repositories',
]
const RENDERERS = ['src/feeds', 'src/catalog', 'src/install', 'src/markdown']
const ROUTES = [...DOMAIN, ...VERBS, ...RENDERERS, 'src/mirror']
const RUNTIME_PARTS = [
  'adapters',
  'adapters/runtime.ts',
  'adapters/process-host.ts',
  'adapters/fs',
  'adapters/distd.ts',
  ...FLOOR,
]
const ROOT_PARTS = [
  'adapters',
  'adapters/runtime.ts',
  'adapters/fs',
  'adapters/memory',
  'src/app.ts',
  'src/http',
  'src/jobs',
  'ui',
  'ui/routes.ts',
  'ui/render.ts',
  'ui/assets.gen.ts',
  ...ROUTES,
]

export const LAYERS: readonly Layer[] = [
  { path: 'src/bytes', may: [], because: 'it is the ground floor: bytes without product words' },
  { path: 'src/errors.ts', may: [], because: 'the table of errors travels everywhere and drags nothing along' },
  { path: 'src/version.ts', may: [], because: 'the version travels everywhere' },
  {
    path: 'src/model',
    may: ['src/bytes', 'src/errors.ts'],
    because: 'nouns travel to the CLI and to the browser: no behaviour',
  },
  { path: 'src/formats', may: ['src/bytes', 'src/errors.ts'], because: 'a format does not know the product' },
  { path: 'src/inspect', may: ['src/formats', ...FLOOR], because: 'an inspector gets a ByteSource and nothing else' },
  {
    path: 'src/signing',
    may: ['src/formats', 'src/bytes', 'src/errors.ts'],
    because: 'keys and signatures do not know the product',
  },
  {
    path: 'src/feeds',
    may: ['src/formats', 'src/signing', ...FLOOR],
    because: 'rendering is a pure function of facts',
  },
  {
    path: 'src/install',
    may: ['src/inspect', ...FLOOR],
    because: 'what is offered to a device is a pure function of facts, whoever shows it',
  },
  { path: 'src/markdown', may: FLOOR, because: 'a text becomes a tree that every page can show' },
  {
    path: 'src/catalog',
    may: ['src/formats', 'src/signing', ...FLOOR],
    because: 'rendering is a pure function of facts',
  },
  { path: 'src/store', may: FLOOR, because: 'it remembers facts and decides nothing' },
  { path: 'src/blob', may: FLOOR, because: 'it remembers bytes and knows no database' },
  { path: 'src/config.ts', may: ['src/model'], because: 'settings are data' },
  {
    path: 'src/deps.ts',
    may: FLOOR,
    mayTypes: ['src/blob', 'src/store', 'src/signing', 'src/config.ts'],
    because: 'it names the ports; an implementation comes from the composition root',
  },
  {
    path: 'src/audit/chain.ts',
    may: FLOOR,
    because: 'who holds an export verifies it with the same code as the server, and without its database',
  },
  {
    path: 'src/audit',
    may: [...FLOOR, 'src/deps.ts', 'src/store', 'src/audit/chain.ts'],
    because: 'every verb calls it inside its transaction; it calls none',
  },
  { path: 'src/access', may: FACTS, because: 'the decision is made before a verb runs' },
  { path: 'src/people', may: DOMAIN, because: 'who may sign in is decided before there is any app' },
  { path: 'src/shares', may: DOMAIN, because: 'a share link names an app and does nothing to it' },
  { path: 'src/apps', may: DOMAIN, because: 'a verb runs from a job or a test as well as from a request' },
  { path: 'src/channels', may: [...DOMAIN], because: 'a pointer move is the smallest verb; releases build on it' },
  {
    path: 'src/releases',
    may: [...DOMAIN, 'src/apps', 'src/channels'],
    because: 'a release may move the channels that hold it',
  },
  {
    path: 'src/artifacts',
    may: [...DOMAIN, 'src/apps', 'src/releases'],
    because: 'an artifact is attached to a release, never the other way',
  },
  {
    path: 'src/branches',
    may: [...DOMAIN, 'src/apps', 'src/artifacts'],
    because: 'a push puts a finished upload into a slot; branch builds are not releases',
  },
  { path: 'src/repositories', may: DOMAIN, because: 'repositories are not releases' },
  { path: 'src/mirror', may: [...DOMAIN, ...VERBS, 'src/catalog'], because: 'a mirror publishes through the verbs' },
  {
    path: 'src/jobs',
    may: [...DOMAIN, ...VERBS, ...RENDERERS, 'src/mirror'],
    because: 'verbs enqueue through the store; only the root knows the worker',
  },
  { path: 'src/http', may: ROUTES, because: 'requests in, responses out; it knows no machine and no page' },
  { path: 'src/app.ts', may: ['src/http', ...ROUTES], because: 'it is the list of route groups' },

  { path: 'ui/html.ts', may: [], because: 'markup is written the same way on the server and in the browser' },
  { path: 'ui/assets.gen.ts', may: [], mayTypes: ['src/model'], because: 'it is text that pages load' },
  {
    path: 'ui',
    may: ['ui/html.ts', 'ui/assets.gen.ts', 'ui/components', 'src/model', 'src/errors.ts'],
    because: 'the shell of a page is a function of data',
  },
  {
    path: 'ui/render.ts',
    may: ['ui', 'ui/html.ts', 'ui/pages', 'ui/components', 'src/model', 'src/errors.ts'],
    mayTypes: ['src/http'],
    because: 'it turns the data of a page into a document, whoever asks',
  },
  {
    path: 'ui/routes.ts',
    may: ['ui', 'ui/pages', 'ui/components', 'src/http', ...ROUTES],
    because: 'it is to pages what src/http is to JSON',
  },
  {
    path: 'ui/pages',
    may: ['ui/html.ts', 'ui/components', 'src/model', 'src/errors.ts'],
    because: 'a page is a function of data: no store, no verbs, no fetch',
  },
  {
    path: 'ui/components',
    may: ['ui/html.ts', 'ui/assets.gen.ts', 'ui/islands', 'src/model', 'src/errors.ts'],
    because: 'a part of a page is a function of data',
  },
  { path: 'ui/islands', may: ['ui/html.ts'], mayTypes: ['src/model'], because: 'it ships to the browser' },
  { path: 'ui/hydrate.ts', may: ['ui/html.ts', 'ui/islands'], because: 'it ships to the browser' },

  {
    path: 'cli',
    may: ['src/formats', 'src/inspect', 'src/signing', 'src/catalog', 'src/audit/chain.ts', ...FLOOR],
    because: 'the CLI is a client: it speaks HTTP to the server like everybody else',
  },

  {
    path: 'adapters/runtime.ts',
    may: ['src/bytes'],
    mayTypes: ['adapters/fs', 'src/deps.ts'],
    because: 'it says what is asked of a machine, not how one answers',
  },
  { path: 'adapters/fs', may: ['src/blob', ...FLOOR], because: 'a disk holds bytes and knows nothing of the rest' },
  { path: 'adapters/memory', may: ['src/blob', ...FLOOR], because: 'memory holds bytes and knows nothing of the rest' },
  {
    path: 'adapters',
    may: ['adapters/runtime.ts', ...FLOOR],
    mayTypes: ['src/deps.ts'],
    because: 'what the three runtimes share must not need one of them',
  },
  {
    path: 'adapters/node',
    may: RUNTIME_PARTS,
    because: 'a runtime supplies functions; another runtime is not there when it runs',
  },
  {
    path: 'adapters/bun',
    may: RUNTIME_PARTS,
    because: 'a runtime supplies functions; another runtime is not there when it runs',
  },
  {
    path: 'adapters/deno',
    may: RUNTIME_PARTS,
    because: 'a runtime supplies functions; another runtime is not there when it runs',
  },
  {
    path: 'adapters/process-host.ts',
    may: ['adapters'],
    mayTypes: ['adapters/distd.ts'],
    because: 'it gives distd a process without knowing what distd is',
  },
  {
    path: 'adapters/distd',
    may: ROOT_PARTS,
    because: 'the composition root sees everything except a runtime, which is handed to it',
  },
  {
    path: 'adapters/distd.ts',
    may: ['adapters/distd', ...ROOT_PARTS],
    because: 'the composition root sees everything except a runtime, which is handed to it',
  },
]

/** Folders that import what they like, because nothing is built on them. */
export const OUTSIDE: readonly string[] = ['test', 'scripts', 'bench']

export interface PackageRule {
  /** A package name, or a prefix that ends in `:` or `/`. */
  readonly package: string
  /** Where it matters; elsewhere the rule is silent. */
  readonly within: readonly string[]
  /** The exceptions inside `within`: folders or files. */
  readonly only: readonly string[]
  readonly because: string
}

export const PACKAGES: readonly PackageRule[] = [
  {
    package: 'kysely',
    within: ['src', 'ui', 'cli', 'adapters'],
    only: [
      'src/store',
      'adapters/runtime.ts',
      'adapters/sqlite-values.ts',
      'adapters/node/sqlite.ts',
      'adapters/bun/sqlite.ts',
      'adapters/deno/sqlite.ts',
    ],
    because: 'SQL lives in src/store; adapters only open the file',
  },
  {
    package: 'hono',
    within: ['src', 'cli', 'ui'],
    only: ['src/http', 'src/app.ts', 'ui/routes.ts'],
    because: 'a verb and a page run without a request',
  },
  {
    package: '@hono/node-server',
    within: ['src', 'ui', 'cli', 'adapters'],
    only: ['adapters/node'],
    because: 'it is the HTTP server of one runtime',
  },
  {
    package: 'better-sqlite3',
    within: ['src', 'ui', 'cli', 'adapters'],
    only: ['adapters/node'],
    because: 'a compiled binary must not carry a native addon',
  },
  {
    package: 'bun:',
    within: ['src', 'ui', 'cli', 'adapters'],
    only: ['adapters/bun'],
    because: 'it exists on one runtime',
  },
  {
    package: 'node:',
    within: ['src', 'ui'],
    only: [],
    because: 'the product is web-standard; the machine is behind a port',
  },
  { package: 'commander', within: ['src', 'ui'], only: [], because: 'arguments are the concern of the two programs' },
]

export interface NameRule {
  /** Words and marks in a row, as in `Date.now`. */
  readonly name: string
  readonly within: readonly string[]
  readonly because: string
}

export const NAMES: readonly NameRule[] = [
  { name: 'Deno.', within: ['src', 'ui', 'cli'], because: 'a runtime word; the machine is behind a port' },
  { name: 'Bun.', within: ['src', 'ui', 'cli'], because: 'a runtime word; the machine is behind a port' },
  { name: 'process.', within: ['src', 'ui'], because: 'a runtime word; the machine is behind a port' },
  { name: 'Buffer.', within: ['src', 'ui'], because: 'a runtime word; Uint8Array is everywhere' },
  {
    name: 'Date.now',
    within: ['src/feeds', 'src/catalog', 'src/releases', 'src/channels', 'src/artifacts', 'src/store', 'src/audit'],
    because: 'time comes from the clock port',
  },
  {
    name: 'Math.random',
    within: ['src'],
    because: 'random bytes come from the port, and this is not random enough for a secret',
  },
]
