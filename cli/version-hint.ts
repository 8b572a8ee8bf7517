/**
 * How to say what was meant by a version that is none: its leading `v` belongs to the tag, what follows its `+` is the
 * build. Undefined for any other text.
 * @param flag what goes before the version; nothing where it is an argument
 */
export function versionHint(text: string | undefined, flag: '--version ' | ''): string | undefined {
  const [, v, version, build] = /^(v(?=\d))?([^+]{1,64})(?:\+([^+]{1,32}))?$/.exec(text ?? '') ?? []
  if (v === undefined && build === undefined) return undefined
  return `Write ${flag}${version}${build === undefined ? '' : ` --build ${build}`}${v === undefined ? '' : ` --tag ${text}`}`
}
