import { builtApks } from './built/apk.ts'
import { nameOf, samples } from './samples.ts'

/** Every Android package that we have, as a name and a file. */
export async function allApks(): Promise<readonly { readonly name: string; readonly file: string }[]> {
  const others = await samples(({ path }) => path.endsWith('.apk'))
  return [...others.map((each) => ({ name: nameOf(each), file: each.file })), ...(await builtApks())]
}
