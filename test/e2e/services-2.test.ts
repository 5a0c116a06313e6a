/** Part 2 of the suite of all Services. */
import { serviceSuite } from "./service-suite.ts";

serviceSuite(2);
