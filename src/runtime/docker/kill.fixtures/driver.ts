/**
 * A minimal daemon for the kill test: brings every pod to its end, whatever an earlier life of it had done, and removes
 * what has ended once its file says so. Arguments: instance, data directory, workflow uid, volume, number of pods.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type PodRequest, type PodState, workflowUid } from '../../../resources/index.ts'
import { findEngine } from '../connection.ts'
import { DockerRuntime } from '../docker-runtime.ts'
import { mainContainer, podRequest } from '../../runtime.fixtures/pod-request.ts'

const [instance = '', dataDir = '', uid = '', volumeName = '', pods = '0'] = process.argv.slice(2)
const found = await findEngine()
if (!found.found) throw new Error(found.message)
const runtime = new DockerRuntime({ engine: found.address, instance, dataDir })
const donePath = join(dataDir, 'done')
const done = new Set(existsSync(donePath) ? readFileSync(donePath, 'utf8').split('\n') : [])

const requests = Array.from({ length: Number(pods) }, (_, index): PodRequest => {
  const mounts = [{ volume: 'sum', mountPath: '/sum' }]
  const append = (line: string, code = 0) => [
    'sh',
    '-c',
    `sleep 0.1; echo ${index}.${line} >> /sum/lines; exit ${code}`,
  ]
  const containers = [
    { name: 'before', role: 'init', command: append('init') },
    { name: 'main', role: 'main', command: append('main') },
    { name: 'second', role: 'main', command: append('second'), dependencies: ['main'] },
    { name: 'side', role: 'sidecar', command: ['sleep', '1000'] },
  ] as const
  return podRequest(
    workflowUid(uid),
    `kill-${index}`,
    containers.map((one) => mainContainer({ ...one, mounts })),
    { volumes: [{ kind: 'claim', name: 'sum', volumeName }] },
  )
})

const waiters = new Map<string, (state: PodState) => void>()
runtime.observe(
  (state) => {
    if (state.phase === 'ended' || state.phase === 'gone') waiters.get(state.identity.id)?.(state)
  },
  () => {},
)

async function finish(request: PodRequest): Promise<void> {
  const { id } = request.identity
  if (!done.has(id)) {
    const ended = new Promise<PodState>((resolve) => waiters.set(id, resolve))
    await runtime.prepare(request)
    await runtime.start(request)
    const known = (await runtime.list()).find((one) => one.identity.id === id && one.phase === 'ended')
    const state = known ?? (await ended)
    const codes = state.containers.filter((one) => one.role !== 'sidecar').map((one) => one.exitCode)
    if (state.phase !== 'ended' || codes.some((code) => code !== 0)) {
      console.log(`UNEXPECTED ${id} ${JSON.stringify(state)}`)
    }
    appendFileSync(donePath, `${id}\n`)
  }
  await runtime.remove(id)
}

await runtime.ensureVolume(volumeName, {})
const queue = [...requests]
const work = async (): Promise<void> => {
  for (let next = queue.shift(); next; next = queue.shift()) await finish(next)
}
await Promise.all([work(), work(), work(), work()])
console.log('ALL DONE')
await runtime.close()
