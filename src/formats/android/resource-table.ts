import { type AndroidValue, TYPE_DYNAMIC_REFERENCE, TYPE_REFERENCE } from './axml.ts'

/** For which devices a value of an Android resource is (`ResTable_config`), as far as choosing one of several needs. */
export interface ResourceConfig {
  /** BCP 47 without regard for case: `de`, `pt-BR`; empty for the default. */
  readonly locale: string
  /** Dots per inch; 0 for the default, which counts as 160. */
  readonly density: number
  /** Lowest API level; 0 for any. */
  readonly sdk: number
  /** It also asks for something else: an orientation, a size of screen, night, a SIM card, … */
  readonly isSpecial: boolean
}

/** Vector graphics and the like, good for every density. */
export const DENSITY_ANY = 0xfffe
/** The default, of a screen that shows one pixel per point. */
export const DENSITY_MEDIUM = 160

export interface ResourceVariant {
  readonly config: ResourceConfig
  readonly value: AndroidValue
}

/** Resources of an Android package, as far as following references needs. */
export interface ResourceTable {
  /**
   * The value that a reference leads to through up to eight references. Of several the one is taken that `aapt dump
   * badging` shows: for the default locale (the first in alphabetical order where there is none), a plain screen of 160
   * dpi and the newest Android. Undefined when it leads nowhere or to something that is not a single value.
   *
   * @throws FormatError, FormatLimitError, RangeError
   */
  resolve(id: number): Promise<AndroidValue | undefined>
  /**
   * Values for every configuration, references followed: at most 256 of them, in the order of the file.
   *
   * @throws FormatError, FormatLimitError, RangeError
   */
  variants(id: number): Promise<readonly ResourceVariant[]>
}

const MAX_HOPS = 8
/** An icon has some ten; a text of a large app one per language, about a hundred. */
const MAX_VARIANTS = 256
/** Each look-up may read every type of the table. */
const MAX_LOOKUPS = 16

export function isReference(value: AndroidValue): boolean {
  return value.type === TYPE_REFERENCE || value.type === TYPE_DYNAMIC_REFERENCE
}

/** @param lookUp the values of one id, references as they are */
export function createResourceTable(lookUp: (id: number) => Promise<readonly ResourceVariant[]>): ResourceTable {
  return {
    async resolve(id) {
      let next = id
      for (let hop = 0; hop < MAX_HOPS; hop++) {
        const value = chooseVariant(await lookUp(next))?.value
        if (value === undefined || !isReference(value)) return value
        next = value.data
      }
      return undefined
    },
    async variants(id) {
      const found: ResourceVariant[] = []
      const asked = new Set([id])
      for (const next of asked) {
        for (const variant of await lookUp(next)) {
          if (!isReference(variant.value)) found.push(variant)
          else if (asked.size < MAX_LOOKUPS) asked.add(variant.value.data)
          if (found.length === MAX_VARIANTS) return found
        }
      }
      return found
    },
  }
}

/** The one that a plain phone with 160 dpi takes (AOSP `ResTable_config::isBetterThan`, for these qualifiers). */
export function chooseVariant(variants: readonly ResourceVariant[]): ResourceVariant | undefined {
  let best: ResourceVariant | undefined
  for (const variant of variants) if (best === undefined || isBetter(variant.config, best.config)) best = variant
  return best
}

function isBetter(a: ResourceConfig, b: ResourceConfig): boolean {
  if (a.locale !== b.locale) return a.locale < b.locale
  if (a.isSpecial !== b.isSpecial) return b.isSpecial
  const mine = a.density || DENSITY_MEDIUM
  const theirs = b.density || DENSITY_MEDIUM
  if (mine !== theirs) return isBetterDensity(mine, theirs)
  // Drawn for 160 dpi beats drawn for nothing in particular.
  if (a.density !== b.density) return a.density !== 0
  return a.sdk > b.sdk
}

/** Never scaling wins, then the smaller of two that are too big, the bigger of two that are too small. */
function isBetterDensity(mine: number, theirs: number): boolean {
  if (mine === DENSITY_ANY || theirs === DENSITY_ANY) return mine === DENSITY_ANY
  const low = Math.min(mine, theirs)
  const high = Math.max(mine, theirs)
  if (DENSITY_MEDIUM >= high) return mine === high
  if (low >= DENSITY_MEDIUM) return mine === low
  // Shrinking looks better than enlarging, by a factor of two.
  const takesLow = (2 * low - DENSITY_MEDIUM) * high > DENSITY_MEDIUM * DENSITY_MEDIUM
  return takesLow ? mine === low : mine === high
}
