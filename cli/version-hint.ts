interface Meant {
  readonly version: string
  readonly build: string | undefined
  readonly tag: string | undefined
}

/** What a version that is none was meant to say; undefined for any other text. */
function meantBy(text: string | undefined): Meant | undefined {
  const [, v, version, build] = /^(v(?=\d))?([^+]{1,64})(?:\+([^+]{1,32}))?$/.exec(text ?? '') ?? []
  if (version === undefined || (v === undefined && build === undefined)) return undefined
  return { version, build, tag: v && text }
}

/**
 * How to say what was meant by a version that is none: its leading `v` belongs to the tag, what follows its `+` is the
 * build. Undefined for any other text.
 * @param flag what goes before the version; nothing where it is an argument
 */
export function versionHint(text: string | undefined, flag: '--version ' | ''): string | undefined {
  const meant = meantBy(text)
  if (meant === undefined) return undefined
  const { version, build, tag } = meant
  return `Write ${flag}${version}${build === undefined ? '' : ` --build ${build}`}${tag === undefined ? '' : ` --tag ${tag}`}`
}

/** As {@link versionHint}, for a command that has flags neither for builds nor for tags. */
export function bareVersionHint(text: string | undefined): string | undefined {
  const meant = meantBy(text)
  return meant && `Write --version ${meant.version}`
}
