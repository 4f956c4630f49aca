export { demoStories, hasDemo, issueDemoKeys, refreshDemo, revokeDemoKeys, stories, writeDemo } from "./demo.ts";
export { demoOrganizations } from "./fixtures.ts";
