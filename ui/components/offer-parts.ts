import type { ComponentChildren } from 'preact'
import type { Offer } from '../../src/model/install-page.ts'
import { html } from '../html.ts'
import { Checksum } from './checksum.ts'
import { Commands } from './command.ts'
import { Facts } from './facts.ts'
import { Permissions } from './permissions.ts'

/** What else is known of a file, folded by subject; or one below the other where all of it is folded already. */
export function OfferParts({ offer, isFlat = false }: { offer: Offer; isFlat?: boolean }) {
  const { permissions, commands, facts, sha256 } = offer
  const rest = facts.filter(({ name }) => name !== 'Min OS')
  return html`
    ${
      permissions.length > 0 &&
      html`<${Part} title=${permissionsTitle(permissions)} isFlat=${isFlat}><${Permissions} permissions=${permissions} /><//>`
    }
    ${commands.length > 0 && html`<${Part} title="Command line" isFlat=${isFlat}><${Commands} commands=${commands} /><//>`}
    ${
      (rest.length > 0 || sha256 !== null) &&
      html`<${Part} title=${rest.length > 0 ? 'Signature and checksum' : 'Checksum'} isFlat=${isFlat}>
        ${rest.length > 0 && html`<${Facts} facts=${rest} />`}
        ${sha256 !== null && html`<${Checksum} sha256=${sha256} />`}
      <//>`
    }
  `
}

function permissionsTitle(permissions: Offer['permissions']): string {
  const asked = permissions.filter(({ isAsked }) => isAsked).length
  const count = permissions.length === 1 ? '1 permission' : `${permissions.length} permissions`
  if (asked === 0 || asked === permissions.length) return asked === 0 ? count : `${count} that it asks for`
  return `${count}, ${asked} of them asked for`
}

function Part({ title, isFlat, children }: { title: string; isFlat: boolean; children?: ComponentChildren }) {
  return isFlat ? html`<h4>${title}</h4>${children}` : html`<details><summary>${title}</summary>${children}</details>`
}
