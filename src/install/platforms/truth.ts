import type { Offer } from '../../model/install-page.ts'

/** What a platform says to a file, by what was read from its bytes. */
export interface Truth {
  /** Findings of the inspection are among them. */
  readonly verdicts: Offer['verdicts']
  readonly permissions: Offer['permissions']
  /** Beside those that every file has. */
  readonly facts?: Offer['facts']
  /** Instead of the action that every file has, to download it. */
  readonly action?: Offer['action']
  readonly withheld?: Offer['withheld']
  readonly file?: Offer['file']
  readonly phoneCheck?: Offer['phoneCheck']
}
