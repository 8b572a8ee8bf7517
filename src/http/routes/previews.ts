import type { Route } from '../route.ts'

export const previewRoutes: readonly Route[] = []
