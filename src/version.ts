/** Version of `distd` and `dist`; scripts/sync-versions.ts keeps it equal to package.json. */
export const VERSION = '0.1.0'
