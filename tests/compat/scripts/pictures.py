"""Pictures of three sorts: an array, a file, a figure; boxes on one."""

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image
from polyaxon import tracking

tracking.init(project="docs", is_new=True, is_offline=True, track_logs=False)
pixels = np.random.default_rng(3).integers(0, 256, (3, 10, 12)).astype(np.uint8)
for step in range(3):
    tracking.log_image(data=np.roll(pixels, step, axis=2), name="noise", step=step)
Image.fromarray(pixels.transpose(1, 2, 0)).save("photo.png")
tracking.log_image(data="photo.png", step=7)
tracking.log_image(pixels.transpose(1, 2, 0), name="rows", dataformats="HWC")
tracking.log_image_with_boxes(name="boxes", tensor_image=pixels, tensor_boxes=np.array([[1, 1, 6, 6]]), step=1)
figure, axes = plt.subplots(figsize=(2, 2))
axes.plot([1, 2], [2, 1])
tracking.log_mpl_image(name="plot", data=figure, step=1)
