/** The dashboards. `npm run dashboards` writes them to `deploy/grafana/dashboards/`. */
import { controller, locksAndQueues } from './controller-dashboards.ts'
import { docker, store } from './engine-dashboards.ts'
import type { DashboardSpec } from './panel.ts'
import { overview, workflow } from './workflow-dashboards.ts'

export const dashboards: readonly DashboardSpec[] = [overview, workflow, locksAndQueues, docker, controller, store]
