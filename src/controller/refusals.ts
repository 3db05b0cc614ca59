/** The engine's refusals as errors of the API. */
import type { Refusal } from '../engine/decision.ts'
import type { ApiErrorCode } from './port.ts'
import { ApiError } from './port.ts'

const codes: Readonly<Record<Refusal['code'], ApiErrorCode>> = {
  INVALID: 'INVALID_ARGUMENT',
  INTERNAL: 'INTERNAL',
  NOT_FOUND: 'NOT_FOUND',
}

export const refusalError = (refusal: Refusal): ApiError => new ApiError(codes[refusal.code], refusal.message)

const plurals: Readonly<Record<string, string>> = {
  Workflow: 'workflows.argoproj.io',
  WorkflowTemplate: 'workflowtemplates.argoproj.io',
  ClusterWorkflowTemplate: 'clusterworkflowtemplates.argoproj.io',
  CronWorkflow: 'cronworkflows.argoproj.io',
  WorkflowEventBinding: 'workfloweventbindings.argoproj.io',
  ConfigMap: 'configmaps',
  Secret: 'secrets',
  PersistentVolumeClaim: 'persistentvolumeclaims',
}

export const pluralOf = (kind: string): string => plurals[kind] ?? kind.toLowerCase()

/** In Kubernetes' words. */
export const notFound = (kind: string, name: string): ApiError =>
  new ApiError('NOT_FOUND', `${pluralOf(kind)} "${name}" not found`)

export const alreadyExists = (kind: string, name: string): ApiError =>
  new ApiError('ALREADY_EXISTS', `${pluralOf(kind)} "${name}" already exists`)
