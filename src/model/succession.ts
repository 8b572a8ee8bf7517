/** What a file is to devices that have the product in an older release. */
export interface Succession {
  /**
   * Whose it is: `same` and `successor` (by a proof of rotation) were verified over the bytes of both, `other` over those of
   * the file; `unverified` is a name alone, and `none` no signature that holds. `unknown` where a device does not ask.
   */
  readonly signer: 'same' | 'successor' | 'other' | 'unverified' | 'none' | 'unknown'
  /** How its version code stands to theirs; `unknown` where there is none. */
  readonly counter: 'higher' | 'same' | 'lower' | 'unknown'
}
