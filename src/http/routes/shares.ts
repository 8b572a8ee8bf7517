import type { Route } from '../route.ts'

export const shareRoutes: readonly Route[] = []
