import type { Log, LogLevel } from '../../src/deps.ts'

const ORDER: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

/** One JSON object per line: `{"time":…,"level":…,"msg":…,…fields}`. */
export function createLog(least: LogLevel, write: (line: string) => void): Log {
  const from = ORDER.indexOf(least)
  return (level, message, fields) => {
    if (ORDER.indexOf(level) < from) return
    write(`${JSON.stringify({ time: new Date().toISOString(), level, msg: message, ...fields })}\n`)
  }
}
