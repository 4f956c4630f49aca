export { hasDemo, issueDemoKeys, revokeDemoKeys, stories, writeDemo } from "./demo.ts";
