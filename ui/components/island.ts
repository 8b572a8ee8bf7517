import { createContext, type VNode } from 'preact'
import { useContext } from 'preact/hooks'
import { SCRIPT } from '../assets.gen.ts'
import { html } from '../html.ts'
import { ISLANDS, type IslandName, type IslandProps } from '../islands/registry.ts'

/** Islands of the page that is being rendered; what comes later on the page sees which. */
export const UsedIslands = createContext<Set<IslandName>>(new Set())

/** A part of a page that goes on in the browser. Its props stand in the page: nothing secret, JSON only. */
export function island<Name extends IslandName>(name: Name, props: IslandProps<Name>): VNode {
  return html`<${Host} name=${name} props=${props} />` as VNode
}

function Host({ name, props }: { name: IslandName; props: IslandProps<IslandName> }) {
  useContext(UsedIslands).add(name)
  return html`<div data-island=${name} data-props=${Object.keys(props).length === 0 ? undefined : JSON.stringify(props)}><${ISLANDS[name]} ...${props} /></div>`
}

/** The script, last on the page, where there are islands. */
export function Script() {
  return useContext(UsedIslands).size === 0 ? null : html`<script type="module" src=${SCRIPT.path}></script>`
}
