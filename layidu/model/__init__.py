"""The words the rooms share: periods, ids, slices and the column contracts of frames. Pure."""
