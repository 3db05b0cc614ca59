/** Driver containers of artifact plugins: one a driver for the whole daemon, begun when it is first needed. */
import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PluginEndpoint } from '../../artifacts/index.ts'
import type { Clock, PodId, PodRequest, WorkflowUid } from '../../resources/index.ts'
import { UserError, WorldError, nodeIdOf, podIdOf, workflowUid } from '../../resources/index.ts'
import type { ArtifactDriverConfig } from '../config.ts'
import { backOffMs } from '../back-off.ts'
import type { BackOff } from '../back-off.ts'
import { NotYet } from '../pods/lookups.ts'
import { podRequest } from '../pods/request.ts'
import type { RequestContext } from '../pods/request.ts'
import { answersUntilRemoved } from './service-pods.ts'
import type { ServicePods } from './service-pods.ts'

export type DriversParts = {
  readonly clock: Clock
  readonly services: ServicePods
  /** As they are configured now. */
  readonly drivers: () => readonly ArtifactDriverConfig[]
  /** Each driver has a folder below it; the engine mounts it, so it has to be of this machine's. */
  readonly directory: string
  readonly namespace: string
  readonly context: () => RequestContext
  readonly uid: WorkflowUid
}

/** The pods of drivers belong to no workflow; in its place stands this. */
const driversName = 'artifact-drivers'
/** @param member name of the controller where several share engines: each has drivers of its own */
export const driversUidOf = (member: string | null): WorkflowUid =>
  workflowUid(member === null ? driversName : `${driversName}-${member}`)
const rootInDriver = '/artifact-plugins'
/** How long a driver may take to make its socket, as in Argo. */
const socketWaitMs = 120_000
/** Longest path that a unix socket may have. */
const socketPathMax = 100
const missingBackOff: BackOff = { firstMs: 500, factor: 2, capMs: 15_000 }

export class ArtifactDrivers {
  readonly #parts: DriversParts
  readonly #folders = new Map<string, Promise<{ readonly shared: string; readonly socket: string }>>()
  readonly #begun = new Set<PodId>()
  /** Short names for folders whose path is too long for a socket. */
  readonly #links: string[] = []

  constructor(parts: DriversParts) {
    this.#parts = parts
  }

  /** Whether the pod is one of those that are configured now. */
  isOurs(pod: PodId): boolean {
    return this.#parts.drivers().some((driver) => podIdOfDriver(driver, this.#parts.uid) === pod)
  }

  /** @throws UserError where no such driver is configured; WorldError where it does not come up */
  async endpoint(name: string, signal: AbortSignal = new AbortController().signal): Promise<PluginEndpoint> {
    const driver = this.#parts.drivers().find((one) => one.name === name)
    if (driver === undefined) throw new UserError('ARTIFACT_PLUGIN', `artifact driver ${name} not found`)
    const { shared, socket } = await this.#folder(driver)
    let trouble = ''
    const tell = (why: string) => (trouble = why)
    const request = (_say: (why: string) => void, until: AbortSignal) => this.#request(driver, shared, until)
    const patience = AbortSignal.any([signal, AbortSignal.timeout(socketWaitMs)])
    this.#begun.add(podIdOfDriver(driver, this.#parts.uid))
    try {
      await this.#parts.services.address({ id: podIdOfDriver(driver, this.#parts.uid), request, tell }, patience)
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof UserError) throw error
      const why = trouble || (error instanceof Error ? error.message : String(error))
      throw new WorldError('ARTIFACT_PLUGIN_AWAY', `artifact driver ${name}: ${why}`, { retryable: true, cause: error })
    }
    return {
      socketPath: socket,
      sharedPath: shared,
      pathInDriver: pathInDriver(name),
      connectionTimeoutMs: (driver.connectionTimeoutSeconds || 5) * 1000,
    }
  }

  /** The configuration has changed: drivers that are no longer in it go. */
  settle(): void {
    for (const pod of this.#begun) if (!this.isOurs(pod)) void this.#parts.services.leave(pod)
  }

  /** They keep nothing: each start of the daemon begins them anew. */
  async close(): Promise<void> {
    await Promise.all([...this.#begun].map((pod) => this.#parts.services.leave(pod)))
    await Promise.all(this.#links.map((link) => rm(link, { recursive: true, force: true })))
  }

  async #request(driver: ArtifactDriverConfig, shared: string, until: AbortSignal): Promise<PodRequest> {
    await sweep(shared)
    for (let failures = 1; ; failures += 1) {
      until.throwIfAborted()
      try {
        return driverRequest(driver, { ...this.#parts, shared }, this.#parts.context())
      } catch (error) {
        if (!(error instanceof NotYet)) throw error
      }
      await this.#parts.clock.sleep(backOffMs(missingBackOff, failures), until)
    }
  }

  #folder(driver: ArtifactDriverConfig): Promise<{ readonly shared: string; readonly socket: string }> {
    const known = this.#folders.get(driver.name)
    if (known !== undefined) return known
    const made = this.#makeFolder(driver)
    made.catch(() => this.#folders.delete(driver.name))
    this.#folders.set(driver.name, made)
    return made
  }

  async #makeFolder({ name }: ArtifactDriverConfig): Promise<{ readonly shared: string; readonly socket: string }> {
    const { directory } = this.#parts
    const shared = join(directory, name)
    // Nobody else on this machine gets through the outer folder; the driver may be anybody.
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await mkdir(shared, { recursive: true })
    await chmod(shared, 0o777)
    const socket = join(shared, 'socket')
    if (socket.length <= socketPathMax) return { shared, socket }
    const folder = await mkdtemp(join(tmpdir(), 'drydock-'))
    this.#links.push(folder)
    await symlink(shared, join(folder, 'd'))
    return { shared, socket: join(folder, 'd', 'socket') }
  }
}

/** What an earlier life has left in the folder; the socket of a driver that still runs stays. */
async function sweep(shared: string): Promise<void> {
  for (const name of await readdir(shared).catch(() => []))
    if (name !== 'socket') await rm(join(shared, name), { recursive: true, force: true }).catch(() => undefined)
}

const pathInDriver = (name: string): string => `${rootInDriver}/${name}`

/** Another image or environment is another pod, so that a driver from before is not taken for it. */
function podIdOfDriver(driver: ArtifactDriverConfig, uid: WorkflowUid): PodId {
  const print = createHash('sha256').update(JSON.stringify(driver)).digest('hex').slice(0, 10)
  return podIdOf(`${uid}.${driver.name}.${print}`)
}

function driverRequest(
  driver: ArtifactDriverConfig,
  { shared, namespace, uid }: { readonly shared: string; readonly namespace: string; readonly uid: WorkflowUid },
  context: RequestContext,
): PodRequest {
  const { name, image, env } = driver
  const container = `artifact-plugin-${name}`
  const request = podRequest(
    {
      identity: {
        id: podIdOfDriver(driver, uid),
        name: container,
        namespace,
        workflowName: driversName,
        workflowUid: uid,
        nodeId: nodeIdOf(container),
        nodeName: container,
      },
      labels: { 'workflows.argoproj.io/component': 'artifact-plugin' },
      annotations: {},
      spec: {
        containers: [
          { name: container, image, args: [`${pathInDriver(name)}/socket`], ...(env ? { env: [...env] } : {}) },
        ],
      },
      mains: [container],
      ...answersUntilRemoved,
    },
    context,
  )
  return {
    ...request,
    restartOnFailure: true,
    containers: request.containers.map((one) => ({
      ...one,
      mounts: [...one.mounts, { volume: 'shared', mountPath: pathInDriver(name) }],
    })),
    volumes: [...request.volumes, { kind: 'hostPath', name: 'shared', path: shared, type: 'Directory' }],
  }
}
