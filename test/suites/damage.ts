import { gunzipSync } from 'node:zlib'
import { gzip } from '../fixtures/stored-streams.ts'
import { zipMembers } from '../fixtures/zip-members.ts'
import { buildZip } from '../fixtures/zip-writer.ts'
import { mutate } from './mutations.ts'

type Random = (below: number) => number

/**
 * Makes damaged copies of a file. Every other copy of an archive is one with damage in a single member, packed again:
 * in the others a wrong checksum ends the reading before any reader of members sees the damage.
 */
export async function damageOf(fixture: Uint8Array): Promise<(random: Random) => Uint8Array> {
  if (fixture[0] === 0x1f && fixture[1] === 0x8b) {
    const inner = gunzipSync(fixture)
    return (random) => (random(2) === 0 ? mutate(fixture, random) : gzip(mutate(inner, random)))
  }
  if (fixture[0] !== 0x50 || fixture[1] !== 0x4b) return (random) => mutate(fixture, random)
  const members = await zipMembers(fixture)
  return (random) => {
    if (random(2) === 0) return mutate(fixture, random)
    const chosen = random(members.length)
    return buildZip(
      members.map((member, i) => (i === chosen ? { ...member, data: mutate(member.data, random) } : member)),
    )
  }
}
