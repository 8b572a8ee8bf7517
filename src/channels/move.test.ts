import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { rollbackTarget } from './move.ts'

/** `+a` promotes a, `<a` rolls back to a; oldest first. */
function history(text: string, dead = '') {
  return text
    .split(' ')
    .map((word) => ({
      kind: word[0] === '+' ? 'promote' : 'rollback',
      toReleaseId: word.slice(1),
      toState: dead.includes(word.slice(1)) ? 'yanked' : 'announced',
    }))
    .reverse()
}

test('rollbackTarget() reads the history as a stack', () => {
  const table: [moves: string, current: string, expected: string | undefined, dead?: string][] = [
    ['+a', 'a', undefined],
    ['+a +b', 'b', 'a'],
    ['+a +b +c', 'c', 'b'],
    ['+a +b +c <b', 'b', 'a'],
    ['+a +b +c <b <a', 'a', undefined],
    ['+a +b <a +c', 'c', 'a'],
    ['+a +b +c', 'c', 'a', 'b'],
    ['+a +b +c', 'c', undefined, 'ab'],
    ['+a +b +a', 'a', 'b'],
    ['+a +b +a <b', 'b', 'a'],
    ['+a +b +c <a', 'a', undefined],
    ['+a +b <x', 'x', 'a'],
    ['+a <x', 'x', undefined],
  ]
  for (const [moves, current, expected, dead] of table) {
    assert.equal(
      rollbackTarget(history(moves, dead), current),
      expected,
      `${moves} at ${current} without ${dead ?? 'none'}`,
    )
  }
})

test('rollbackTarget() undoes any row of promotions one by one, then has nothing left', () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[a-h]$/), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(names, (promoted) => {
      const moves = promoted.map((name) => `+${name}`)
      for (let depth = promoted.length - 2; depth >= 0; depth--) {
        const target = rollbackTarget(history(moves.join(' ')), promoted[depth + 1]!)
        assert.equal(target, promoted[depth])
        moves.push(`<${target}`)
      }
      assert.equal(rollbackTarget(history(moves.join(' ')), promoted[0]!), undefined)
    }),
  )
})

test('rollbackTarget() never gives what the channel holds or what is not announced', () => {
  const word = fc
    .tuple(fc.constantFrom('+', '<'), fc.constantFrom('a', 'b', 'c', 'd'))
    .map(([sign, name]) => sign + name)
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 10 }), fc.constantFrom('', 'a', 'bc'), (words, dead) => {
      const moves = history(words.join(' '), dead)
      const current = words.at(-1)!.slice(1)
      const target = rollbackTarget(moves, current)
      if (target === undefined) return
      assert.notEqual(target, current)
      assert.ok(!dead.includes(target))
    }),
    { numRuns: 2000 },
  )
})
