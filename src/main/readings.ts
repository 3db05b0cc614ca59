/** The figures that are asked for at each scrape, from the parts that know them. */
import type { RunningController } from '../controller/index.ts'
import type { Runtime } from '../runtime/index.ts'
import { DockerRuntime } from '../runtime/docker/index.ts'
import type { Store } from '../store/index.ts'
import { stuckFor } from '../telemetry/index.ts'
import type { Readings } from '../telemetry/index.ts'
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
