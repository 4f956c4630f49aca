import { Router } from "express"; export function docs(): Router { return Router(); }
