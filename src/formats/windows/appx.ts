import { attribute, child, children, childText, parseXml, type XmlElement } from '../document/xml.ts'
import { FormatError } from '../format-error.ts'

/** Members with a fixed name and meaning. */
export const APPX_MANIFEST = 'AppxManifest.xml'
export const APPX_BUNDLE_MANIFEST = 'AppxMetadata/AppxBundleManifest.xml'
export const APPX_BLOCK_MAP = 'AppxBlockMap.xml'
export const APPX_CONTENT_TYPES = '[Content_Types].xml'
export const APPX_CODE_INTEGRITY = 'AppxMetadata/CodeIntegrity.cat'
export const APPX_SIGNATURE = 'AppxSignature.p7x'

export interface AppxIdentity {
  readonly name: string
  /** A distinguished name in the text form of Windows. */
  readonly publisher: string
  /** Four numbers with dots. */
  readonly version: string
  /** `x86`, `x64`, `arm`, `arm64`, `neutral`; absent means neutral. */
  readonly architecture: string | undefined
}

/** What an application package says about itself (Microsoft "Package manifest schema reference"). */
export interface AppxManifest {
  readonly identity: AppxIdentity
  /** May be `ms-resource:…`, a reference into compiled resources. */
  readonly displayName: string | undefined
  readonly publisherDisplayName: string | undefined
  /** Kinds of devices it is for, with the lowest system and the one it was tested on. */
  readonly families: readonly AppxFamily[]
  readonly capabilities: readonly string[]
  /** Paths of pictures with backslashes, the large ones first; files may have a size in their names besides. */
  readonly logos: readonly string[]
}

export interface AppxFamily {
  readonly name: string
  readonly minVersion: string | undefined
  readonly maxVersionTested: string | undefined
}

/** One package of a bundle. */
export interface AppxBundled {
  readonly fileName: string
  /** `application` or `resource`. */
  readonly type: string
  readonly version: string | undefined
  readonly architecture: string | undefined
  readonly sizeBytes: number | undefined
}

export interface AppxBundleManifest {
  readonly identity: AppxIdentity
  readonly packages: readonly AppxBundled[]
}

/** One file of the block map. */
export interface AppxBlockFile {
  /** With backslashes, as it is written. */
  readonly name: string
  readonly sizeBytes: number
}

const MAX_FAMILIES = 100
const MAX_CAPABILITIES = 2000
const MAX_PACKAGES = 2000

/** @throws FormatError, FormatLimitError */
export function parseAppxManifest(bytes: Uint8Array): AppxManifest {
  const root = parseXml(bytes, `"${APPX_MANIFEST}"`)
  if (root.localName !== 'Package') throw new FormatError(`Cannot read "${APPX_MANIFEST}": it describes no package`)
  const properties = child(root, 'Properties')
  const families = children(child(root, 'Dependencies'), 'TargetDeviceFamily')
    .slice(0, MAX_FAMILIES)
    .map((family) => ({
      name: attribute(family, 'Name') ?? '',
      minVersion: attribute(family, 'MinVersion'),
      maxVersionTested: attribute(family, 'MaxVersionTested'),
    }))
  // Packages for Windows 8 name the system in another way.
  const prerequisites = child(root, 'Prerequisites')
  if (families.length === 0 && prerequisites !== undefined)
    families.push({
      name: 'Windows.Desktop',
      minVersion: childText(prerequisites, 'OSMinVersion'),
      maxVersionTested: childText(prerequisites, 'OSMaxVersionTested'),
    })
  const visual = child(root, 'Applications')?.children.flatMap((application) =>
    application.children.filter((element) => element.localName === 'VisualElements'),
  )[0]
  const displayName = childText(properties, 'DisplayName')
  return {
    identity: identityOf(root, APPX_MANIFEST),
    displayName: isReference(displayName) ? (attribute(visual, 'DisplayName') ?? displayName) : displayName,
    publisherDisplayName: childText(properties, 'PublisherDisplayName'),
    families,
    capabilities: (child(root, 'Capabilities')?.children ?? [])
      .slice(0, MAX_CAPABILITIES)
      .flatMap((element) => attribute(element, 'Name') ?? []),
    logos: [
      attribute(visual, 'Square150x150Logo') ?? attribute(visual, 'Logo'),
      childText(properties, 'Logo'),
      attribute(visual, 'Square44x44Logo') ?? attribute(visual, 'SmallLogo'),
    ].filter((path) => path !== undefined),
  }
}

/** Whether a text is a reference into compiled resources, which are not read here. */
export function isReference(text: string | undefined): boolean {
  return text === undefined || text.startsWith('ms-resource:')
}

/** @throws FormatError, FormatLimitError */
export function parseAppxBundleManifest(bytes: Uint8Array): AppxBundleManifest {
  const root = parseXml(bytes, `"${APPX_BUNDLE_MANIFEST}"`)
  if (root.localName !== 'Bundle') throw new FormatError(`Cannot read "${APPX_BUNDLE_MANIFEST}": it is no bundle`)
  return {
    identity: identityOf(root, APPX_BUNDLE_MANIFEST),
    packages: children(child(root, 'Packages'), 'Package')
      .slice(0, MAX_PACKAGES)
      .map((element) => ({
        fileName: attribute(element, 'FileName') ?? '',
        type: attribute(element, 'Type') ?? 'resource',
        version: attribute(element, 'Version'),
        architecture: attribute(element, 'Architecture'),
        sizeBytes: wholeNumber(attribute(element, 'Size')),
      })),
  }
}

function identityOf(root: XmlElement, member: string): AppxIdentity {
  const [element, second] = children(root, 'Identity')
  const name = attribute(element, 'Name')
  const publisher = attribute(element, 'Publisher')
  const version = attribute(element, 'Version')
  if (!name || !publisher || version === undefined || !/^\d{1,5}(?:\.\d{1,5}){3}$/.test(version))
    throw new FormatError(`Cannot read "${member}": it has no identity`)
  if (second !== undefined) throw new FormatError(`Cannot read "${member}": it has several identities`)
  return { name, publisher, version, architecture: attribute(element, 'ProcessorArchitecture')?.toLowerCase() }
}

/** The files that a package has to hold. @throws FormatError, FormatLimitError */
export function parseAppxBlockMap(bytes: Uint8Array): AppxBlockFile[] {
  const root = parseXml(bytes, `"${APPX_BLOCK_MAP}"`)
  return children(root, 'File').map((file) => {
    const name = attribute(file, 'Name')
    const sizeBytes = wholeNumber(attribute(file, 'Size'))
    if (name === undefined || sizeBytes === undefined)
      throw new FormatError(`Cannot read "${APPX_BLOCK_MAP}": a file has no name or size`)
    return { name, sizeBytes }
  })
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz'

/**
 * What Windows calls all versions of a package: its name and 13 characters of a hash of the publisher (Microsoft
 * "Package identity overview").
 */
export async function packageFamilyName({ name, publisher }: AppxIdentity): Promise<string> {
  const bytes = new Uint8Array(publisher.length * 2)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < publisher.length; i++) view.setUint16(i * 2, publisher.charCodeAt(i), true)
  const hash = new DataView(await crypto.subtle.digest('SHA-256', bytes))
  // 64 bits and a zero bit are 13 groups of five.
  let bits = hash.getBigUint64(0) << 1n
  let text = ''
  for (let i = 0; i < 13; i++, bits >>= 5n) text = DIGITS[Number(bits & 31n)]! + text
  return `${name}_${text}`
}
