import type { Route } from '../route.ts'

export const announcementRoutes: readonly Route[] = []
