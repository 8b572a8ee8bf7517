import type { Verdict } from '../../model/install-page.ts'
import type { ListingFact } from '../../model/listing.ts'
import type { Format } from '../../model/platform.ts'
import type { OfferedFile, OfferScene } from '../offered.ts'
import type { Truth } from './truth.ts'
import { verdictsOf } from './verdicts.ts'

/** What a file for linux is to its device. */
export function linuxTruth(file: OfferedFile, scene: OfferScene): Truth {
  const say = FORMATS[file.format]
  return {
    verdicts: verdictsOf(file, scene, {}, say === undefined ? [] : say(file)),
    permissions: [],
    facts: keyFacts(file),
  }
}

const FORMATS: Readonly<Partial<Record<Format, (file: OfferedFile) => readonly (Verdict | null)[]>>> = {
  deb: () => [DEB],
  rpm: (file) => [isSigned(file) ? SIGNED_RPM : UNSIGNED_RPM],
  appimage: (file) => [APPIMAGE, isSigned(file) ? SIGNED_APPIMAGE : null],
  elf: (file) => [PROGRAM, libcVerdict(file)],
  snap: (file) => [snapVerdict(file)],
  flatpak: () => [FLATPAK],
}

/** apt checks the signature of a repository, and single packages have none (Debian, "SecureApt"; apt-get(8)). */
const DEB: Verdict = {
  level: 'info',
  title: 'A single package has no signature that apt checks',
  text: 'Compare the SHA-256 first. Given as a path, apt install fetches what the package depends on.',
}

const SIGNED_RPM: Verdict = {
  level: 'info',
  title: 'Has an OpenPGP signature, which was not checked here',
  text: 'The system checks it where it has the key of its maker.',
}
/** zypper asks, and dnf as it is set up (`localpkg_gpgcheck` in dnf.conf(5); zypper(8)). */
const UNSIGNED_RPM: Verdict = {
  level: 'info',
  title: 'It is not signed',
  text: 'Compare the SHA-256 first. Some systems ask about it or refuse it: dnf takes it with --nogpgcheck, zypper with --allow-unsigned-rpm.',
}

/** docs.appimage.org, "Troubleshooting: FUSE"; newer runtimes bring their own libfuse. */
const APPIMAGE: Verdict = {
  level: 'info',
  title: 'Make it executable, then run it',
  text: 'It needs FUSE, older ones libfuse2. Without it, it runs with --appimage-extract-and-run.',
}
const SIGNED_APPIMAGE: Verdict = {
  level: 'info',
  title: 'Has an OpenPGP signature, which was not checked here',
  text: 'Nothing checks it when the file is run.',
}

const PROGRAM: Verdict = { level: 'info', title: 'Make it executable, then run it', text: null }

/** snapcraft.io, "Install modes": a file has no assertions of a store, and confinement may be left off. */
function snapVerdict({ inspection: { facts } }: OfferedFile): Verdict {
  const title = 'It is not from the store, so snap wants --dangerous'
  switch (facts?.confinement) {
    case 'classic':
      return {
        level: 'warning',
        title,
        text: 'It also wants --classic: the app is not confined, and may do all that you may do.',
      }
    case 'devmode':
      return { level: 'warning', title, text: 'It also wants --devmode: the app is not confined.' }
    default:
      return { level: 'info', title, text: 'It gets no updates from the store.' }
  }
}

/** docs.flatpak.org, "Single-file bundles". */
const FLATPAK: Verdict = {
  level: 'info',
  title: 'Opened with flatpak install',
  text: 'The runtime that it needs comes from a remote such as Flathub, which has to be set up.',
}

function libcVerdict({ inspection: { facts } }: OfferedFile): Verdict | null {
  if (facts?.libc === 'musl') {
    return {
      level: 'info',
      title: 'Needs the C library musl',
      text: 'Alpine Linux and some others have it. Elsewhere it has to be installed.',
    }
  }
  if (facts?.libc !== 'glibc') return null
  const newest = facts.glibcMin
  return {
    level: 'info',
    title: typeof newest === 'string' ? `Needs glibc ${newest} or later` : 'Needs the C library glibc',
    text: 'ldd --version tells what a system has. Alpine Linux has another one.',
  }
}

function isSigned({ inspection: { signatures = [] } }: OfferedFile): boolean {
  return signatures.length > 0
}

/** More help nobody who compares them. */
const MAX_KEYS = 4

function keyFacts({ inspection: { facts } }: OfferedFile): ListingFact[] {
  const ids = facts?.signatureKeyIds
  return Array.isArray(ids) && ids.length > 0
    ? [{ name: 'OpenPGP keys', value: ids.slice(0, MAX_KEYS).join(', ') }]
    : []
}
