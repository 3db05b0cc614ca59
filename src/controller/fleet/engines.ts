/** The container engines that this controller reaches, as the other members are told of them. */
import type { RuntimeInfo } from '../../runtime/port.ts'
import type { FleetEngine } from '../../store/fleet.ts'
import type { CapacityConfig } from '../config.ts'

export function enginesOf(info: RuntimeInfo, capacity: CapacityConfig): readonly FleetEngine[] {
  const { endpoints } = info
  if (endpoints !== undefined)
    return endpoints.map(({ name, labels, cpus, memoryBytes, limits, engineId, ok, schedulable }) => ({
      id: engineId || name,
      endpoint: name,
      labels,
      cpus: limits.cpus ?? cpus,
      memoryBytes: limits.memoryBytes ?? memoryBytes,
      containersMax: limits.containersMax ?? capacity.containersMax,
      isUp: ok && schedulable,
    }))
  const { engineId, name, hostName, labels = {}, nodes = [] } = info
  const own: FleetEngine = {
    id: engineId || `${name}/${hostName}`,
    endpoint: '',
    labels,
    cpus: capacity.cpus ?? info.cpus,
    memoryBytes: capacity.memoryBytes ?? info.memoryBytes,
    containersMax: capacity.containersMax,
    isUp: true,
  }
  // One engine of many machines may place a pod on any of them.
  return [own, ...nodes.map((node) => ({ ...own, endpoint: node.name, labels: node.labels }))]
}
