import { samples } from './samples.ts'

/** Fetches every sample before the tests, so that their time is their own. */
const all = await samples(() => true)
console.log(`${all.length} samples`)
