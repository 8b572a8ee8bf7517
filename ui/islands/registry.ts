import { CopyButton, CopyChecksum } from './copy-button.ts'
import { PasswordField } from './password-field.ts'
import { PlatformSwitch } from './platform-switch.ts'
import { QrCode } from './qr-code.ts'

/** Every island by the name that stands in the page. */
export const ISLANDS = {
  'copy-button': CopyButton,
  'copy-checksum': CopyChecksum,
  'password-field': PasswordField,
  'platform-switch': PlatformSwitch,
  'qr-code': QrCode,
} as const

export type IslandName = keyof typeof ISLANDS
export type IslandProps<Name extends IslandName> = Parameters<(typeof ISLANDS)[Name]>[0]
