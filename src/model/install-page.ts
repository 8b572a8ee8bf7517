import type { ListingFact, ListingItem } from './listing.ts'
import type { MarkdownText } from './markdown.ts'
import type { Arch, Platform } from './platform.ts'

/** A platform that devices have. */
export type DevicePlatform = Exclude<Platform, 'any'>

/** What a request tells of the device that it comes from. */
export interface Device {
  /** Null when nothing known is told. */
  readonly platform: DevicePlatform | null
  /** iOS: which of them it says that it is. */
  readonly model?: 'iPhone' | 'iPad' | 'iPod' | null
  /** Null when it is not told: no browser on a Mac does but those with client hints. */
  readonly arch: Exclude<Arch, 'universal' | 'any'> | null
  /** Version of the system as the request says it, `17.5.1`, `14`; null where browsers freeze or hide it. */
  readonly version: string | null
  /** Linux: what its packages are. */
  readonly packages: 'deb' | 'rpm' | null
  /** Who says so: the address (`?platform=`), client hints, the user agent, or nobody. */
  readonly source: 'asked' | 'hints' | 'agent' | 'none'
}

/**
 * A page that offers something to install: of an app, a channel, `latest`, a release, a set, a preview or a branch build. The
 * model of the page and of nothing else: what `ui/` shows is in it, in the words in which it is shown.
 */
export interface InstallPage {
  readonly app: {
    readonly name: string
    readonly slug: string
    readonly summary: string | null
    /** Path of the page of the app; null on it, and for who may not see it. */
    readonly url: string | null
    /** Path of its picture; null where none of the files has one. */
    readonly iconUrl: string | null
  }
  readonly place: {
    readonly kind: 'app' | 'channel' | 'latest' | 'release' | 'set' | 'preview' | 'branch'
    /** Of the channel or branch build; null elsewhere. */
    readonly name: string | null
    /** `Updated 2026-11-22 10:15 UTC`: of what stands here, beside the date of a release. */
    readonly dates?: readonly string[]
  }
  /** What is offered; null where there is nothing (yet), and for branch builds. */
  readonly release: {
    readonly version: string
    readonly build: string | null
    readonly isPrerelease: boolean
    /** Path of its own page; null on it, and for who may not see it. */
    readonly url: string | null
    /** `2026-11-22 10:15 UTC`; null before it is announced. */
    readonly announcedAt: string | null
  } | null
  /** What has to be known before anything is installed, worst first. */
  readonly notices: readonly Verdict[]
  readonly device: Device & {
    /** `Windows on 64-bit ARM`, `an iPhone with iOS 17.5`; null when nothing is known. */
    readonly label: string | null
    /** What a request cannot tell of it where that decides between files, to be said at the group of the device. */
    readonly caveats: readonly Caveat[]
  }
  /** The platforms that there is something for, that of the device first. Never fewer because of the device. */
  readonly groups: readonly OfferGroup[]
  /** Set where the device is known and nothing is for it: `There is no build for Windows`. */
  readonly nothingForDevice: { readonly title: string; readonly text: string } | null
  /** Commands that install whatever is right for the machine they run on. */
  readonly installers: readonly Command[]
  readonly attachments: readonly ListingItem[]
  readonly notes: MarkdownText | null
  /** Commit, build of the CI, end of a preview, … */
  readonly facts: readonly ListingFact[]
  /** Further lists: changes, history of the channel, and on the page of an app its channels, releases, branch builds. */
  readonly sections: readonly PageSection[]
  /**
   * QR code that leads another device here: path of the picture, and the address in it; null where that is the share link
   * that the page was opened with, which whoever scans it has then. None where no other device can come here.
   */
  readonly qr: { readonly imageUrl: string; readonly url: string | null } | null
  /** Path of the list of checksums; null where there is none. */
  readonly checksumsUrl: string | null
  readonly feed: { readonly title: string; readonly url: string } | null
}

/** `Browsers do not tell which processor a Mac has.` */
export interface Caveat {
  /** One to three sentences with full stops. */
  readonly text: string
  /** The page as the other device sees it: `Using an iPad?` and a path of this page. */
  readonly link: { readonly label: string; readonly url: string } | null
}

export interface PageSection {
  /** Anchor on the page: `history`, `channels`. */
  readonly id: string
  readonly title: string
  /** Said where there are no items; absent where there always are some. */
  readonly empty?: string
  readonly items: readonly PageItem[]
}

export interface PageItem extends ListingItem {
  /** A word that marks what it is: `branch`, `line`, `prerelease`, `yanked`, `now`. */
  readonly chip?: string
}

/** Something the visitor should know, in words of people. */
export interface Verdict {
  readonly level: 'good' | 'info' | 'warning' | 'error'
  /** A sentence without its full stop. */
  readonly title: string
  readonly text: string | null
  /** What to take instead. */
  readonly way?: { readonly title: string; readonly url: string }
}

export interface OfferGroup {
  readonly platform: Platform
  /** `Android`, `iPhone and iPad`, `Any platform`. */
  readonly title: string
  /** Whether the device is of this platform. */
  readonly isForDevice: boolean
  /** Path of this page as that platform sees it. */
  readonly url: string
  /** Best first. */
  readonly offers: readonly Offer[]
  /** What there is no room for to show it whole, as lines that lead to it. */
  readonly more?: readonly PageItem[]
}

/** One way to install: a file, or a link to elsewhere. */
export interface Offer {
  /** Unique on the page, an id of HTML: `offer-1`. */
  readonly id: string
  /** `Android app`, `Disk image`, `TestFlight`. */
  readonly title: string
  /** Null for links. */
  readonly fileName: string | null
  /** Path of its own picture, where it looks different from the page's. */
  readonly iconUrl?: string
  /** `Apple silicon`, `64-bit Intel and AMD`; null where it runs on any. */
  readonly machine: string | null
  /** Whether it runs on this device: `emulated` slower, `unknown` where the device does not tell, `not` on another. */
  readonly fit: 'fits' | 'emulated' | 'unknown' | 'not'
  /** The one to take on this device. */
  readonly isBest: boolean
  /** What can be done; null where nothing can, and `withheld` says why. */
  readonly action: OfferAction | null
  readonly withheld: { /** Sentences with full stops. */ readonly text: string; readonly canSignIn: boolean } | null
  /**
   * The file itself, a lesser action: beside one of kind `install`, and alone where the file is for no device; null for who may
   * not have it.
   */
  readonly file: OfferAction | null
  readonly size: string | null
  /** 64 hex digits. */
  readonly sha256: string | null
  readonly facts: readonly ListingFact[]
  /** What its system will say to it, and what else is true of it. Findings of the inspection are among them. */
  readonly verdicts: readonly Verdict[]
  readonly permissions: readonly Permission[]
  readonly commands: readonly Command[]
  /** iOS: whether a phone is among the devices. */
  readonly phoneCheck: PhoneCheck | null
}

export interface OfferAction {
  /** `install` only where the system installs by itself what the link leads to. */
  readonly kind: 'install' | 'download' | 'open'
  /** `Download`, `Install on an enrolled device`, `Open in TestFlight`. */
  readonly label: string
  /** A path of this server, `https:`, or `itms-services:`. */
  readonly url: string
}

export interface Permission {
  /** As the bytes say it: `android.permission.CAMERA`, `NSCameraUsageDescription`. */
  readonly name: string
  /** `Take pictures and videos`; null for those without a word of ours. */
  readonly text: string | null
  /** What the publisher says it is for: of iOS. */
  readonly reason: string | null
  /** Whether the system asks the user for it. */
  readonly isAsked: boolean
}

/** One line to run. */
export interface Command {
  /** Where it runs: `Terminal on Linux and macOS`, `PowerShell`, `A computer with adb`. */
  readonly label: string
  readonly text: string
  /** What it does and needs. */
  readonly note: string | null
}

/** The question whether a phone is among the devices of a profile, and its answer. */
export interface PhoneCheck {
  /** `file` of the question: which of several files it is about. */
  readonly fileName: string
  /** What was asked, as it was typed; null when nothing was. */
  readonly udid: string | null
  readonly answer: Verdict | null
}
