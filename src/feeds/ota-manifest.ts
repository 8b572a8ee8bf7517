import { element, type Markup, xmlDocument } from './xml.ts'

/**
 * What an iPhone or iPad reads before it installs an application from a page.
 * @see https://support.apple.com/guide/deployment/depce7cefc4d/web
 * @see https://developer.apple.com/documentation/devicemanagement/manifesturl
 */
export interface OtaManifest {
  /** Absolute https URL of the IPA; devices fetch it without cookies. */
  readonly packageUrl: string
  /** Absolute https URL of a PNG; null where the application has none. */
  readonly iconUrl: string | null
  /** As in the IPA, or devices refuse it. */
  readonly bundleId: string
  /** `CFBundleVersion` */
  readonly bundleVersion: string
  /** Shown while it installs, and asked for before. */
  readonly title: string
}

const DOCTYPE = '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">'

/** An XML property list. The same facts give the same bytes. */
export function renderOtaManifest({ packageUrl, iconUrl, bundleId, bundleVersion, title }: OtaManifest): string {
  const assets = [
    dict({ kind: 'software-package', url: packageUrl }),
    // One picture for both: devices scale it.
    ...(iconUrl === null ? [] : ['display-image', 'full-size-image'].map((kind) => dict({ kind, url: iconUrl }))),
  ]
  const metadata = dict({ 'bundle-identifier': bundleId, 'bundle-version': bundleVersion, kind: 'software', title })
  const item = element('dict', {}, [
    element('key', {}, 'assets'),
    element('array', {}, assets),
    element('key', {}, 'metadata'),
    metadata,
  ])
  const items = element('dict', {}, [element('key', {}, 'items'), element('array', {}, [item])])
  return xmlDocument(element('plist', { version: '1.0' }, [items]), DOCTYPE)
}

function dict(texts: Readonly<Record<string, string>>): Markup {
  const pairs = Object.entries(texts).flatMap(([key, text]) => [element('key', {}, key), element('string', {}, text)])
  return element('dict', {}, pairs)
}
