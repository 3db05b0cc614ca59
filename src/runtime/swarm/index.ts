/** The door to the Swarm adapter. */
export { SwarmRuntime, type SwarmRuntimeOptions } from './swarm-runtime.ts'
export { type Survey, type SurveyedNode, surveySwarm } from './survey.ts'
