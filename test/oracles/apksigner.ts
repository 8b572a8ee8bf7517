import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from '../../scripts/source-files.ts'
import { needPrograms } from '../helpers/debian.ts'
import { needFiles } from './need-file.ts'

const BOUNCY_CASTLE = '/usr/share/java/bcprov.jar'

/** What apksigner says of one file under one range of Android versions. */
export interface ApkVerdict {
  readonly verifies: boolean
  /** `v1`, `v2`, `v3`, of those that were asked for. */
  readonly schemes: readonly string[]
  /** SHA-256 of the signers' certificates in hex. */
  readonly certificates: readonly string[]
  /** Their subjects, in Java's form. */
  readonly names: readonly string[]
  readonly said: string
}

/** Android API levels. */
export interface SdkRange {
  readonly min?: number
  readonly max?: number
}

/** Asks apksigner about many files; the answers are in the order of the questions. */
export async function apksignerSays(
  questions: readonly { readonly file: string; readonly range: SdkRange }[],
): Promise<ApkVerdict[]> {
  needPrograms({ apksigner: 'apksigner', javac: 'default-jdk-headless' })
  needFiles({ [BOUNCY_CASTLE]: 'libbcprov-java' })
  const java = spawn(
    'java',
    [
      '-Djava.security.manager=allow',
      '-Dfile.encoding=UTF-8',
      '-Dorg.bouncycastle.rsa.max_size=16384',
      '-cp',
      `/usr/share/java/apksigner.jar:${BOUNCY_CASTLE}`,
      join(ROOT, 'test/oracles/ApkSignerBatch.java'),
    ],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  )
  const output: Buffer[] = []
  const errors: Buffer[] = []
  java.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  java.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
  const lines = questions.map(({ file, range }) =>
    [
      'verify',
      '--print-certs',
      '-v',
      ...(range.min === undefined ? [] : ['--min-sdk-version', String(range.min)]),
      ...(range.max === undefined ? [] : ['--max-sdk-version', String(range.max)]),
      file,
    ].join('\t'),
  )
  java.stdin.end(`${lines.join('\n')}\n`)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  java.on('error', reject)
  java.on('close', () => resolve())
  await promise
  const answers = framesOf(Buffer.concat(output)).map(verdictOf)
  if (answers.length !== questions.length)
    throw new Error(
      `apksigner gave ${answers.length} answers to ${questions.length} questions\n${Buffer.concat(errors)}`,
    )
  return answers
}

function framesOf(bytes: Buffer): { code: number; said: string }[] {
  const frames: { code: number; said: string }[] = []
  for (let at = 0; at < bytes.byteLength; ) {
    const lineEnd = bytes.indexOf('\n', at)
    const [code, length] = bytes.toString('latin1', at, lineEnd).trim().split(' ').map(Number)
    at = lineEnd + 1 + length!
    frames.push({ code: code!, said: bytes.toString('utf8', lineEnd + 1, at) })
  }
  return frames
}

function verdictOf({ code, said }: { code: number; said: string }): ApkVerdict {
  return {
    verifies: code === 0 && /^Verifies$/m.test(said),
    schemes: [...said.matchAll(/^Verified using (v[123]) scheme .*: true$/gm)].map((match) => match[1]!),
    certificates: [...said.matchAll(/^Signer #\d+ certificate SHA-256 digest: ([0-9a-f]{64})$/gm)].map(
      (match) => match[1]!,
    ),
    names: [...said.matchAll(/^Signer #\d+ certificate DN: (.*)$/gm)].map((match) => match[1]!),
    said,
  }
}
