/** Drydock's own: what was decided about a workflow, and in plain sentences why it stands where it stands. */
import type { Call } from '../http/routes.ts'
import type { Parts } from './parts.ts'
import { resolvedName } from './workflow-names.ts'

export function historyRoutes({ routes, controller }: Parts): void {
  const named = async ({ params }: Call) => {
    const namespace = params('namespace')
    return { namespace, name: await resolvedName(controller, namespace, params('name')) }
  }
  routes.unary('get', '/api/v1/workflows/{namespace}/{name}/history', async (call) => {
    const { namespace, name } = await named(call)
    return controller.history(namespace, name)
  })
  routes.unary('get', '/api/v1/workflows/{namespace}/{name}/explain', async (call) => {
    const { namespace, name } = await named(call)
    return controller.explain(namespace, name, call.query.text('node') || undefined)
  })
}
