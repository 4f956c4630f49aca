import { afterAll } from "vitest";
import { endFile } from "./left-open.ts";

afterAll(endFile);
