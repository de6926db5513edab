import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from "type-graphql";
import { addTemplate, AddTemplateInput } from "../domain/template/add.ts";
import { removeTemplate } from "../domain/template/remove.ts";
import { Template } from "../domain/template/template.ts";
import { updateTemplate, UpdateTemplateInput } from "../domain/template/update.ts";
import { connectionType, PageArgs, pageOf, pageOfRows } from "./connection.ts";
import type { Context } from "./context.ts";
import { act, payloadType, RequestArgs, Risk } from "./payload.ts";
import { VmConnection } from "./vm.ts";

const TemplateConnection = connectionType("Template", Template);
const AddTemplatePayload = payloadType("AddTemplatePayload", "template", Template);
const UpdateTemplatePayload = payloadType("UpdateTemplatePayload", "template", Template);
const RemoveTemplatePayload = payloadType("RemoveTemplatePayload", "template", Template);

@Resolver(() => Template)
export class TemplateResolver {
  @Query(() => TemplateConnection)
  templates(@Args() page: PageArgs, @Ctx() context: Context) {
    return pageOf(context, "Template", page);
  }

  @Query(() => Template, { nullable: true })
  template(@Arg("id", () => ID) id: string, @Ctx() { snapshot }: Context) {
    return snapshot.get("Template", id);
  }

  @FieldResolver(() => VmConnection, { description: "VMs that were made from it." })
  vms(@Root() { id }: Template, @Args() page: PageArgs, @Ctx() context: Context) {
    return pageOfRows(context, "Vm", context.snapshot.by("Vm", "templateId", id), page);
  }

  @Risk("REVERSIBLE")
  @Mutation(() => AddTemplatePayload)
  addTemplate(@Arg("input") input: AddTemplateInput, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "template", addTemplate, { input, ...request });
  }

  @Risk("REVERSIBLE")
  @Mutation(() => UpdateTemplatePayload)
  updateTemplate(
    @Arg("id", () => ID) id: string,
    @Arg("input") input: UpdateTemplateInput,
    @Args() request: RequestArgs,
    @Ctx() context: Context,
  ) {
    return act(context, "template", updateTemplate, { id, input, ...request });
  }

  @Risk("DESTRUCTIVE")
  @Mutation(() => RemoveTemplatePayload)
  removeTemplate(@Arg("id", () => ID) id: string, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "template", removeTemplate, { id, ...request });
  }
}
