import type { Route } from '../route.ts'

export const shareLinkRoutes: readonly Route[] = []
