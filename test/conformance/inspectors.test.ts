import { test } from 'node:test'
import { inspectorCases } from '../suites/inspector.ts'
import { INSPECTOR_SUBJECTS } from '../suites/inspector-subjects.ts'

/** Bun stops a test after five seconds by itself, which a busy machine needs for 2 000 files. */
const CASE_TIMEOUT_MS = 120_000

// Subjects are added in ../suites/inspector-subjects.ts, which the mutations of test/long read too.
for (const subject of INSPECTOR_SUBJECTS) {
  for (const { name, run } of inspectorCases(subject)) test(name, { timeout: CASE_TIMEOUT_MS }, run)
}
