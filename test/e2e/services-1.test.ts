/** Part 1 of the suite of all Services. */
import { serviceSuite } from "./service-suite.ts";

serviceSuite(1);
