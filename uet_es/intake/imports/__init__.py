"""What other programs recorded, made into a plan: workflows in WfFormat, builds of ninja."""
