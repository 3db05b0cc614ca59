/** The figures that are asked for at each scrape, from the parts that know them. */
import type { RunningController } from '../controller/index.ts'
import type { Runtime } from '../runtime/index.ts'
import { DockerRuntime } from '../runtime/docker/index.ts'
import { EndpointsRuntime } from '../runtime/endpoints/index.ts'
import type { Store } from '../store/index.ts'
import { stuckFor } from '../telemetry/index.ts'
import type { DockerFigures, Readings } from '../telemetry/index.ts'
import type { Disks } from './disks.ts'
import type { LiveSettings } from './live-settings.ts'

export function readingsOf({
  settings,
  controller,
  runtime,
  store,
  disks,
  storeBytes,
}: {
  readonly settings: LiveSettings
  readonly controller: RunningController
  readonly runtime: Runtime
  readonly store: Store
  readonly disks: Disks
  readonly storeBytes: () => Promise<number>
}): Readings {
  return {
    workflowPhases: () => store.countByPhase({}),
    podPhases: () => {
      const { pending, running } = controller.snapshot().pods
      return new Map([
        ['Pending', pending],
        ['Running', running],
      ])
    },
    workflowsWithRunningPods: () => controller.snapshot().workflowsWithRunningPods,
    archived: () => store.archive.count({}),
    resourceVersion: () => controller.resourceVersion(),
    ready: () => controller.readiness().ready && store.health().isUp,
    engineUp: () => controller.health().engine.ok,
    storeUp: () => store.health().isUp,
    controller: () => ({
      snapshot: controller.snapshot(),
      workflows: controller.oldestWorkflows(settings.config.metrics.workflows),
      stuck: controller.stuckWorkflows([...stuckFor.values()]),
    }),
    ...(runtime instanceof DockerRuntime ? { docker: () => runtime.gauges() } : {}),
    ...(runtime instanceof EndpointsRuntime ? { docker: () => gaugesOf(runtime) } : {}),
    endpoints: () => controller.snapshot().endpoints,
    disks: async () => ({ floorBytes: settings.config.disk.freeMinBytes, places: await disks.figures() }),
    settings: () => {
      const { pending, problems } = settings.state()
      return { pendingRestart: pending.length, isInvalid: problems.length > 0 }
    },
    locks: () =>
      controller.snapshot().locks.map(({ name, kind, mutex, held, pending }) => ({
        labels: {
          type: mutex ? 'mutex' : 'semaphore',
          storage: kind === 'Database' ? 'database' : 'configmap',
          lock_name: name,
          namespace: name.split('/')[0] ?? '',
        },
        held,
        pending,
      })),
    storeBytes,
  }
}

/** Of all the engines together. */
function gaugesOf({ endpoints }: EndpointsRuntime): DockerFigures {
  const total = { sockets: 0, startLimit: 0, startsWaiting: 0, sandboxes: { used: 0, free: 0 } }
  for (const { name } of endpoints.now()) {
    const runtime = endpoints.at(name)
    if (!(runtime instanceof DockerRuntime)) continue
    const { sockets, startLimit, startsWaiting, sandboxes } = runtime.gauges()
    total.sockets += sockets
    total.startLimit += startLimit
    total.startsWaiting += startsWaiting
    total.sandboxes.used += sandboxes.used
    total.sandboxes.free += sandboxes.free
  }
  return total
}
