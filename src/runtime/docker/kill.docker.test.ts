import { spawn } from 'node:child_process'
import { randomInt, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { workflowUid } from '../../resources/index.ts'
import { mainContainer, podRequest } from '../runtime.fixtures/pod-request.ts'
import { EngineClient } from './client.ts'
import { findEngine } from './connection.ts'
import { DockerRuntime } from './docker-runtime.ts'
import { EngineCalls } from './engine-calls.ts'

const driver = fileURLToPath(new URL('kill.fixtures/driver.ts', import.meta.url))

/** Runs the driver until it ends or has lived so long; what it printed. */
function live(args: readonly string[], killAfterMs: number | null): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [driver, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    const timer = killAfterMs === null ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs)
    child.on('close', () => {
      clearTimeout(timer)
      resolve(output)
    })
  })
}

it('runs every container exactly once though the daemon is killed again and again, and leaves nothing behind', async () => {
  const found = await findEngine()
  if (!found.found) throw new Error(found.message)
  const uid = randomUUID()
  const instance = `runtime-kill-${uid.slice(0, 8)}`
  const volume = `drydock-kill-${uid.slice(0, 8)}`
  const dataDir = mkdtempSync(join(tmpdir(), 'drydock-kill-'))
  const pods = 8
  const args = [instance, dataDir, uid, volume, String(pods)]
  let output = ''
  for (let kills = 0; kills < 8 && !output.includes('ALL DONE'); kills += 1)
    output += await live(args, randomInt(300, 1_600))
  if (!output.includes('ALL DONE')) output += await live(args, null)
  expect(output.replace(/\n+$/, '')).toBe('ALL DONE')

  const runtime = new DockerRuntime({ engine: found.address, instance, dataDir })
  const mounts = [{ volume: 'sum', mountPath: '/sum' }]
  const sorts = mainContainer({ command: ['sort', '/sum/lines'], mounts })
  const reader = podRequest(workflowUid(uid), 'reader', [sorts], {
    volumes: [{ kind: 'claim', name: 'sum', volumeName: volume }],
    network: { mode: 'none' },
    terminationGraceMs: 0,
  })
  await runtime.prepare(reader)
  await runtime.start(reader)
  const lines: string[] = []
  for await (const line of runtime.logs(reader.identity.id, 'main', { follow: true })) lines.push(line.text)
  const wanted = Array.from({ length: pods }, (_, index) => [
    `${index}.init`,
    `${index}.main`,
    `${index}.second`,
  ]).flat()
  expect(lines.sort()).toEqual(wanted.sort())

  await runtime.forget(workflowUid(uid))
  await runtime.removeVolume(volume)
  await runtime.close()
  const calls = new EngineCalls(new EngineClient(found.address))
  expect(await calls.listOwn(instance)).toEqual([])
  calls.client.close()
  rmSync(dataDir, { recursive: true, force: true })
})
