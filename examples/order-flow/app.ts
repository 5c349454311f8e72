// The app under the name that the demo gives it, for tools: `npm run troupe -- dev examples/order-flow/app.ts`.
import { shop } from "./shop.ts"

export const orderFlow = shop("shop")
