import { memoryStores } from "../support/app";
import { contract } from "./contract";

contract("SQLite in memory", memoryStores);
