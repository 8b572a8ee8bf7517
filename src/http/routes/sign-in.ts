import type { Route } from '../route.ts'

export const signInRoutes: readonly Route[] = []
