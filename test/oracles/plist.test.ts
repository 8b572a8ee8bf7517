import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { test } from 'node:test'
import { decodePlist } from '../../src/formats/apple/plist.ts'
import type { PlistValue } from '../../src/formats/apple/plist-value.ts'
import { FormatError } from '../../src/formats/format-error.ts'
import { plistlibSays } from './plists.ts'
import { nameOf, samples } from './samples.ts'

const WIDTH = 'offsets of five to seven bytes fit no file that we read; no writer makes them'
/** Where we refuse what plistlib reads, with the reason. */
const STRICTER: Readonly<Record<string, string>> = {
  '5.plist': 'it is larger than any Info.plist may be',
  'cdata.plist': 'texts in parts are read in two ways by readers of property lists',
  'empty_keys.plist': 'a comment within a text, likewise',
  'hex.plist': 'Apple writes decimal numbers alone',
  'dictref5bytes.bplist': WIDTH,
  'dictref6bytes.bplist': WIDTH,
  'dictref7bytes.bplist': WIDTH,
  'off5bytes.bplist': WIDTH,
  'off6bytes.bplist': WIDTH,
  'off7bytes.bplist': WIDTH,
}

/** Integers beyond 2^53 in XML become the nearest number; no fact is one. In binary lists they stay exact. */
const ROUNDED = ['unsigned.plist', 'signedunsigned.plist']

const plists = await samples(({ path }) => /plist$/.test(path))
const answers = await plistlibSays(plists.map(({ file }) => file))

for (const [index, sample] of plists.entries()) {
  test(`${nameOf(sample)}: is what plistlib reads`, () => {
    const { value, error } = answers[index]!
    let ours: unknown
    try {
      ours = plain(decodePlist(readFileSync(sample.file)))
    } catch (thrown) {
      assert.ok(thrown instanceof FormatError || thrown instanceof RangeError, String(thrown))
      if (STRICTER[basename(sample.file)] === undefined)
        assert.notEqual(error, undefined, `plistlib reads it, we do not: ${thrown}`)
      return
    }
    assert.equal(STRICTER[basename(sample.file)], undefined, 'we read it after all')
    assert.equal(error, undefined)
    assert.deepEqual(ours, ROUNDED.includes(basename(sample.file)) ? rounded(value) : value)
  })
}

function plain(value: PlistValue): unknown {
  if (value instanceof Uint8Array) return { data: Buffer.from(value).toString('base64') }
  if (value instanceof Date) return { date: value.toISOString().replace(/\.\d+/, '') }
  if (typeof value === 'bigint') return { integer: String(value) }
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]))
  return value
}

function rounded(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rounded)
  if (typeof value === 'object' && value !== null && 'integer' in value) return Number(value.integer)
  return value
}
