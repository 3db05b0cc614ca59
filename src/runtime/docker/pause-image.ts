/** The image of sandboxes and volume holders: nothing but the pause program, loaded from here and never pulled. */
import type { EngineClient } from './client.ts'
import { pauseProgram } from './pause-program.ts'
import { tarOf } from './tar.ts'
import { record, textOr } from './wire.ts'

export const pauseImage = 'drydock/pause:1'

/** Loads the image where it is missing. Other daemons may do so at the same time; the result is the same. */
export async function ensurePauseImage(client: EngineClient): Promise<void> {
  const reply = await client.call('inspectImage', 'GET', `/images/${pauseImage}/json`, { allow: [404] })
  if (reply.status !== 404) return
  const version = record(await client.json('version', 'GET', '/version'))
  const isArm = /^(arm64|aarch64)$/.test(textOr(version.Arch, 'amd64'))
  const content = Buffer.from(isArm ? pauseProgram.arm64 : pauseProgram.amd64, 'base64')
  const [repo, tag] = pauseImage.split(':')
  await client.call('importImage', 'POST', '/images/create', {
    query: { fromSrc: '-', repo: repo ?? '', tag: tag ?? '', changes: 'ENTRYPOINT ["/pause"]' },
    tar: await tarOf([{ kind: 'file', path: '/pause', mode: 0o755, content }]),
  })
}
