/** The controller's door: each method in the file of its concern. */
import type { Core } from '../core.ts'
import { outsideOf } from '../cron/conditions.ts'
import { dispatch } from '../events/dispatch.ts'
import { objectKinds } from '../objects.ts'
import type { Controller, ObjectKind } from '../port.ts'
import type { TemplateKey } from '../revisions/uses.ts'
import { archiveApi } from './archive.ts'
import { artifactHandle } from './artifact.ts'
import { withEntries } from './caches.ts'
import { createWorkflow, namespaceFor, problemsOf } from './create.ts'
import { deleteWorkflow } from './delete.ts'
import { editWorkflow } from './edit.ts'
import { explain, workflowHistory } from './explain.ts'
import { listWorkflows } from './list.ts'
import { workflowLogs } from './logs.ts'
import { createObject, deleteObject, lintObject, suspendCron, updateObject } from './objects.ts'
import { operateOn } from './operate.ts'
import { previewOf } from './preview.ts'
import { existingWorkflow, readByUid, readWorkflow } from './read.ts'
import { resubmit, resubmitPreview } from './resubmit.ts'
import { submitFrom } from './submit.ts'
import { saveUpload } from './uploads.ts'
import { unplaceable } from './unplaceable.ts'

const templateKey = (kind: ObjectKind, namespace: string, name: string): TemplateKey => ({
  kind: kind === 'ClusterWorkflowTemplate' ? kind : 'WorkflowTemplate',
  namespace,
  name,
})

/** @param at the parts, which are complete when the first method is called */
export function buildApi(at: () => Core): Controller {
  const create: Controller['createWorkflow'] = (namespace, workflow, options) =>
    createWorkflow(at(), namespace, workflow, options)
  return {
    createWorkflow: create,
    submitFrom: (namespace, kind, name, options) => submitFrom(at(), namespace, kind, name, options),
    workflow: (namespace, name, options) => readWorkflow(at(), namespace, name, options),
    workflowByUid: (uid) => readByUid(at(), uid),
    history: (namespace, name) => workflowHistory(at(), namespace, name),
    explain: (namespace, name, node) => explain(at(), { namespace, name, node }),
    listWorkflows: (query) => listWorkflows(at(), query),
    deleteWorkflow: (namespace, name, options) => deleteWorkflow(at(), namespace, name, options),
    operate: (namespace, name, operation) => operateOn(at(), namespace, name, operation),
    resubmit: async (namespace, name, options) =>
      resubmit(at(), await existingWorkflow(at(), namespace, name), options),
    preview: (namespace, name, operation) => previewOf(at(), namespace, name, operation),
    previewResubmit: async (namespace, name, options) =>
      resubmitPreview(at(), await existingWorkflow(at(), namespace, name), options),
    editWorkflow: (namespace, name, change) => editWorkflow(at(), namespace, name, change),
    lintWorkflow: async (namespace, workflow) => {
      const named = {
        ...workflow,
        metadata: { ...workflow.metadata, namespace: namespaceFor(at(), namespace, workflow) },
      }
      return [...problemsOf(at(), named, 'lint'), ...unplaceable(at(), named)]
    },
    createObject: (kind, namespace, object, options) => createObject(at(), kind, namespace, object, options),
    updateObject: (kind, namespace, name, object, options) =>
      updateObject(at(), kind, namespace, name, object, options),
    deleteObject: (kind, namespace, name) => deleteObject(at(), kind, namespace, name),
    object: (kind, namespace, name) => withEntries(at(), kind, at().objects.get(kind, namespace, name)),
    objects: (kind, namespace) =>
      objectKinds.includes(kind)
        ? at()
            .objects.list(kind, namespace)
            .map((object) => withEntries(at(), kind, object))
        : [],
    lintObject: async (kind, namespace, object) => lintObject(at(), kind, object, { namespace }),
    templateRevisions: (kind, namespace, name) => at().revisions.list(templateKey(kind, namespace, name)),
    templateRevision: (kind, namespace, name, revision) => {
      const key = templateKey(kind, namespace, name)
      return at().revisions.body(key, revision, at().objects.get(key.kind, namespace, name))
    },
    suspendCron: (namespace, name, suspend) => suspendCron(at(), namespace, name, suspend),
    watch: (since, listener, interest) => at().hub.watch(since, listener, interest),
    resourceVersion: () => at().hub.version,
    events: (namespace) => at().feed.recent(namespace),
    watchEvents: (listener) => at().feed.watch(listener),
    logs: (namespace, name, query, signal) => workflowLogs(at(), namespace, name, query, signal),
    artifact: (workflow, nodeId, direction, name) => artifactHandle(at(), workflow, nodeId, direction, name),
    saveUpload: (namespace, key, content) => saveUpload(at(), namespace, key, content),
    dispatchEvent: (namespace, discriminator, payload, metadata) => {
      const { objects, random, feed, log, clock } = at()
      const outside = outsideOf(() => clock.now(), random)
      return dispatch({ namespace, discriminator, payload, metadata }, { objects, random, feed, log, outside, create })
    },
    archive: archiveApi(at),
    syncLimit: {
      create: (namespace, limit) => at().limits.api().create(namespace, limit),
      get: (namespace, key, type, cmName) => at().limits.api().get(namespace, key, type, cmName),
      update: (namespace, limit) => at().limits.api().update(namespace, limit),
      delete: (namespace, key, type, cmName) => at().limits.api().delete(namespace, key, type, cmName),
    },
    readiness: () => ({ ready: false, reasons: ['the controller is starting'] }),
  }
}
