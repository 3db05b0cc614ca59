/** What the server and the metrics ask about several controllers. */
import type { RunningController } from '../controller/index.ts'
import { workflowUid } from '../resources/index.ts'
import type { FleetControl } from '../server/index.ts'
import type { Store } from '../store/index.ts'
import type { Readings } from '../telemetry/index.ts'

export const fleetControl = (controller: RunningController, store: Store): FleetControl => ({
  figures: () => controller.fleet(),
  elsewhere: (namespace, name) => controller.elsewhere(namespace, name),
  nameOf: async (uid) => {
    const row = await store.workflowByUid(workflowUid(uid))
    return row === null ? null : { namespace: row.namespace, name: row.name }
  },
})

export const fleetReadings = (controller: RunningController): Readings => ({
  fleet: () => {
    const figures = controller.fleet()
    if (figures === null) return null
    const { members, ...counts } = figures
    const away = members.filter((member) => !member.isLive && member.workflows > 0)
    return { ...counts, live: members.filter(({ isLive }) => isLive).length, away: away.length }
  },
})
